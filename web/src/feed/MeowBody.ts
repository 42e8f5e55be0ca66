// MeowBody.ts - the text of a meow, with what a search found marked. Text nodes only, never HTML.
import { h, type FunctionalComponent } from "vue";
import type { Meow } from "../base/meow";
import { isPictureOnly } from "../base/text";

const MeowBody: FunctionalComponent<{ meow: Meow }> = ({ meow }) =>
  h(
    "p",
    { id: `body-${meow.id}`, class: isPictureOnly(meow.text) ? "body picture" : "body", dir: "auto" },
    meow.segments.map((segment) => (segment.isFound ? h("mark", segment.text) : segment.text)),
  );
MeowBody.props = ["meow"];

export default MeowBody;
