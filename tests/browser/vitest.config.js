import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["*.test.js"],
    exclude: process.env.DEPLOYMENT === "distributed" ? [] : ["daemons.test.js"],
    fileParallelism: false, // they measure, and the machine may have two processors
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 15_000 } },
    pool: "forks",
  },
});
