import { answerWidget } from "../../lib/widget/answer.ts";
import { widgetSource } from "../runtime.ts";

const source = widgetSource();

/** CloudWatch custom widget: documentation for `{ describe: true }`, else HTML with the recent decisions of a fleet. */
export async function handler(event: unknown): Promise<string> {
  return answerWidget(event, source);
}
