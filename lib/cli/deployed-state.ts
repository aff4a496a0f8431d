import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoStore } from "../adapters/dynamo/dynamo-store.ts";
import { readConfigFile } from "../config/file.ts";
import { type Config, loadConfig } from "../config/index.ts";
import { ControllerError, DependencyError, InputError } from "../domain/model/errors.ts";
import type { StateStore } from "../ports.ts";

/** How a command reaches the state of a deployment. */
export interface DeployedOptions {
  /** Name of the deployment's DynamoDB table. */
  readonly table: string;
  /** AWS region; default: that of the environment or the profile. */
  readonly region?: string | undefined;
  /** The configuration file that was deployed; default: the preset. */
  readonly config?: string | undefined;
}

/** The state of a deployment in AWS as a command sees it. */
export interface DeployedState {
  readonly config: Config;
  readonly store: StateStore;
  /** The wall clock: commands and functions share it. */
  readonly nowMs: number;
  readonly table: string;
  readonly region: string;
  /** When the monitor last wrote a state; undefined before its first pass. */
  readonly monitoredAtMs: number | undefined;
  close(): Promise<void>;
}

/** A person waits: an endpoint that does not answer is told after seconds, not minutes. */
const CONNECT_MS = 3_000;
const ANSWER_MS = 15_000;

/**
 * Opens the table of a deployment, with the SDK's own chain of credentials, region and endpoint (AWS_PROFILE, AWS_REGION,
 * AWS_ENDPOINT_URL, ...), and makes sure that the configuration is of this deployment: a pause written for a fleet that
 * nobody runs would pause nothing.
 *
 * @throws InputError when the table cannot be reached, is not one of ours, or holds other fleets than the configuration.
 */
export async function openDeployedState(
  { table, region, config: file }: DeployedOptions,
  { forRestore = false }: { forRestore?: boolean } = {},
): Promise<DeployedState> {
  const config = loadConfig(file === undefined ? {} : await readConfigFile(file));
  const client = new DynamoDBClient({
    ...(region === undefined ? {} : { region }),
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
  });
  try {
    const used = await regionOf(client, table);
    // Only a restore may begin an empty table. Any other that knows the fleets was marked by its functions.
    const store = await DynamoStore.open(client, table, forRestore ? { forRestore } : { readOnly: true });
    const monitoredAtMs = forRestore ? undefined : await checkFleets(store, config, { table, file });
    const close = async (): Promise<void> => client.destroy();
    return { config, store, nowMs: Date.now(), table, region: used, monitoredAtMs, close };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

async function regionOf(client: DynamoDBClient, table: string): Promise<string> {
  try {
    return await client.config.region();
  } catch (error) {
    throw new InputError(
      `the table ${table} cannot be reached`,
      ["no region is known: name it with --region, or set AWS_REGION"],
      { cause: error },
    );
  }
}

/** Newest state of all fleets, if there is any. */
async function checkFleets(
  store: StateStore,
  { fleets }: Config,
  { table, file }: { table: string; file: string | undefined },
): Promise<number | undefined> {
  const found = await Promise.all(
    fleets.map(async ({ name }) => {
      const [ledger, states] = await Promise.all([store.readLedger(name), store.readStates(name)]);
      return { name, isKnown: ledger !== undefined || states.length > 0, states };
    }),
  );
  const problems = found.filter(({ isKnown }) => !isKnown).map(({ name }) => `the table knows no fleet ${name}`);
  if (problems.length > 0)
    throw new InputError(`the table ${table} does not fit the configuration ${file ?? "(the preset of seven)"}`, [
      ...problems,
      "name the file that was deployed with --config; after a first deployment, wait a minute for the monitor",
    ]);
  const writtenMs = found.flatMap(({ states }) => states.map(({ updatedAtMs }) => updatedAtMs));
  return writtenMs.length === 0 ? undefined : writtenMs.reduce((latest, each) => Math.max(latest, each));
}

/** What AWS answers when the operator, not the program, has something to put right. */
const REMEDIES: Readonly<Record<string, string>> = {
  ResourceNotFoundException:
    "there is no such table in this account and region: check --table, --region and the profile",
  AccessDeniedException: "these credentials may not do it; docs/operations.md lists what a command needs",
  UnrecognizedClientException: "the credentials are not valid",
  InvalidSignatureException: "the credentials are not valid, or the clock of this machine is off",
  ExpiredTokenException: "the credentials have expired: sign in again",
  CredentialsProviderError: "there are no AWS credentials: set AWS_PROFILE, or sign in",
  TokenProviderError: "the sign-in has expired: sign in again",
  ValidationException: "it is not a table of this program",
  ENOTFOUND: "there is no such endpoint: check --region, or AWS_ENDPOINT_URL",
  ECONNREFUSED: "nobody answers there: check AWS_ENDPOINT_URL",
  TimeoutError: "it does not answer: check the network, --region, or AWS_ENDPOINT_URL",
};

/** The same failure as something that the operator can put right, where it is one; anything else is passed on as it is. */
export function explainDeployed(error: unknown, { table, region }: DeployedOptions): unknown {
  if (error instanceof ControllerError && !(error instanceof DependencyError)) return error;
  const cause = error instanceof DependencyError ? error.cause : error;
  if (!(cause instanceof Error)) return error;
  const remedy = [(cause as NodeJS.ErrnoException).code, cause.name]
    .filter((name) => name !== undefined && Object.hasOwn(REMEDIES, name))
    .map((name) => REMEDIES[name as string])[0];
  if (remedy === undefined) return error;
  const where = region === undefined ? "" : ` in ${region}`;
  return new InputError(
    `the table ${table}${where} cannot be used`,
    [remedy, `AWS said: ${cause.message || cause.name}`],
    { cause: error },
  );
}
