import { wrongUsage } from "../../../failure.ts";

export const nothingEdited = () =>
  wrongUsage("nothing was edited: no call was made", "change the arguments and save them");

export const editorFailed = (editor: string, why: string) =>
  wrongUsage(`the editor ${editor} failed: ${why}`, "VISUAL or EDITOR names another");

export const noText = () => wrongUsage("the edited text is not in UTF-8", "have the editor save it so");
