// vite.config.ts - how the page is built: hashed names, and beside each text its gzip and Brotli forms, so that a
// server has nothing to compress.
import vue from "@vitejs/plugin-vue";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const COMPRESSIBLE = /\.(?:html|js|css|svg|txt)$/;

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

// A form is kept only when it is smaller than the file itself.
function precompress(): Plugin {
  let folder = "";
  return {
    name: "precompress",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      for (const path of [...filesBelow(folder)].filter((name) => COMPRESSIBLE.test(name))) {
        const bytes = readFileSync(path);
        const forms = {
          ".gz": gzipSync(bytes, { level: 9 }),
          ".br": brotliCompressSync(bytes, {
            params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
          }),
        };
        for (const [suffix, form] of Object.entries(forms)) if (form.length < bytes.length) writeFileSync(path + suffix, form);
      }
    },
  };
}

// The server to develop against: `npm run dev` passes on everything that is not the page.
const server = process.env.MEOWER_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [vue(), precompress()],
  define: { __VUE_OPTIONS_API__: "false" }, // every component here is a <script setup>
  build: {
    target: "es2021",
    assetsInlineLimit: 0, // the policy of the page allows no data: addresses for scripts, styles and fonts
    modulePreload: { polyfill: false },
    emptyOutDir: true,
  },
  server: {
    proxy: {
      "/meows": server,
      "/search": server,
      "/events": server,
      "/openapi.json": server,
      "/pusher": { target: server, ws: true },
    },
  },
  test: { include: ["test/*.test.ts"], setupFiles: ["test/setup.ts"], environment: "node" },
});
