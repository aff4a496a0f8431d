/** `npm run docs`: writes every file that is generated from code. Tests compare them with what is committed. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { configDocuments } from "../lib/config/documents.ts";

const root = join(import.meta.dirname, "..");
for (const [path, text] of Object.entries(configDocuments())) {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  console.log(path);
}
