import { Token } from "aws-cdk-lib";
import * as ecs from "aws-cdk-lib/aws-ecs";
import type * as iam from "aws-cdk-lib/aws-iam";
import {
  type Config,
  compileDeployment,
  inspectConfig,
  loadConfig,
  sourceProblems,
  type WrittenConfig,
} from "../config/index.ts";
import type { Deployment } from "../deployment.ts";
import { InputError } from "../domain/model/errors.ts";

/** A dashboard holds 500 widgets; a row has three, and its custom widget is a call of a function at each refresh. */
const DASHBOARD_COMPONENTS_MAX = 100;

export interface ConfiguredDeployment {
  readonly deployment: Deployment;
  /** ARNs of the components whose service was given as a construct. */
  readonly arns: ReadonlyMap<string, string>;
  /** Roles that the resizable services' task definitions name. */
  readonly taskRoles: readonly iam.IRole[];
  /** What can be lived with. */
  readonly warnings: readonly string[];
}

interface Sources {
  readonly configuration: WrittenConfig;
  readonly services: Readonly<Record<string, ecs.IBaseService>>;
  readonly taskRoles: readonly iam.IRole[] | undefined;
  readonly dashboardComponents: number;
}

/**
 * The configuration with the names of services that were given as constructs, checked and compiled.
 *
 * @throws InputError that lists all problems of the configuration, or all of what is missing for deploying it.
 */
export function configuredDeployment(sources: Sources): ConfiguredDeployment {
  const { configuration, services, taskRoles, dashboardComponents: rows } = sources;
  const problems: string[] = [];
  if (!Number.isInteger(rows) || rows < 0 || rows > DASHBOARD_COMPONENTS_MAX)
    problems.push(`dashboardComponents: ${rows}, expected a whole number from 0 to ${DASHBOARD_COMPONENTS_MAX}`);
  const config = withServices(loadConfig(configuration), services, problems);
  const roles = rolesOf(config, services, taskRoles, problems);
  if (problems.length > 0) throw new InputError("the configuration cannot be deployed as it is", problems);
  return {
    deployment: compileDeployment(config),
    arns: new Map(Object.entries(services).map(([component, { serviceArn }]) => [component, serviceArn])),
    taskRoles: roles,
    warnings: [...inspectConfig(configuration).warnings, ...sourceProblems(config)].map(
      ({ path, message }) => `${path}: ${message}`,
    ),
  };
}

/** Names are part of the functions' code, which is fixed before CloudFormation could generate one. */
function withServices(config: Config, services: Sources["services"], problems: string[]): Config {
  const names = new Map<string, { cluster: string; service: string }>();
  for (const [component, service] of Object.entries(services)) {
    const found = namesOf(service);
    for (const [what, name] of Object.entries(found)) {
      if (name !== undefined) continue;
      const generated = `the ${what}'s name would be generated while deploying; give it a ${what}Name`;
      problems.push(`services.${component}: ${generated}: the functions must know it before`);
    }
    names.set(component, { cluster: found.cluster ?? "", service: found.service ?? "" });
  }
  const known = new Set(config.fleets.flatMap(({ components }) => components.map(({ name }) => name)));
  for (const component of names.keys()) {
    if (!known.has(component))
      problems.push(`services.${component}: the configuration has no such component; it has ${[...known].join(", ")}`);
  }
  return {
    ...config,
    fleets: config.fleets.map((fleet) => ({
      ...fleet,
      components: fleet.components.map((component) => ({ ...component, ...names.get(component.name) })),
    })),
  };
}

function namesOf(service: ecs.IBaseService): { cluster: string | undefined; service: string | undefined } {
  const resource = service.node.tryFindChild("Service");
  const cluster = service.cluster.node.defaultChild;
  return {
    service: concrete(service.serviceName, ecs.CfnService.isCfnService(resource) ? resource.serviceName : undefined),
    cluster: concrete(
      service.cluster.clusterName,
      ecs.CfnCluster.isCfnCluster(cluster) ? cluster.clusterName : undefined,
    ),
  };
}

function concrete(...names: readonly (string | undefined)[]): string | undefined {
  return names.find((name) => name !== undefined && !Token.isUnresolved(name));
}

/**
 * Roles to pass. Those of a service given as a construct are known; for the others they must be said, since a revision
 * whose roles may not be passed cannot be registered, and "any role" is not a permission to give.
 */
function rolesOf(
  config: Config,
  services: Sources["services"],
  given: readonly iam.IRole[] | undefined,
  problems: string[],
): readonly iam.IRole[] {
  const roles = new Set<iam.IRole>(given);
  for (const { component } of resizable(config)) {
    const definition = definitionOf(services[component]);
    if (definition !== undefined) {
      for (const role of [definition.taskRole, definition.executionRole]) if (role !== undefined) roles.add(role);
    } else if (given === undefined) {
      problems.push(
        `${component}: its tasks may be resized (a rule scales up or down, and its mode is not observe), so the task and execution roles that its task definition names must be given: taskRoles, or -c taskRoles=ARN,ARN; an empty list if it names none; or set its resize to false`,
      );
    }
  }
  return [...roles];
}

function definitionOf(service: ecs.IBaseService | undefined): ecs.TaskDefinition | undefined {
  return service instanceof ecs.BaseService ? service.taskDefinition : undefined;
}

function resizable(config: Config): readonly { component: string }[] {
  const { fleets, targets } = compileDeployment(config);
  const modes = new Map(
    fleets.flatMap((fleet) => fleet.components.map(({ name, mode }) => [name, mode ?? fleet.mode] as const)),
  );
  return targets.filter(({ component, resizable }) => resizable && modes.get(component) !== "observe");
}
