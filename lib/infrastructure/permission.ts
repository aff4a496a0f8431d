import { Validations } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";

/** Something that a function may do, and why: the table in docs/deploy.md is made of these. */
export interface Permission {
  /** Name of the statement in the template. Letters and digits. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Why it is needed and, where a resource is a wildcard, why nothing narrower will do. */
  readonly because: string;
}

/**
 * Gives a role its permissions. A list of resources that would not fit into one managed policy (6,144 characters)
 * becomes several statements, so that CDK can move what exceeds the role's inline policy into managed ones.
 */
export function permit(role: iam.Role, permissions: readonly Permission[]): void {
  for (const { sid, actions, resources, conditions, because } of permissions) {
    const parts = partsOf(resources);
    for (const [i, part] of parts.entries()) {
      role.addToPolicy(
        new iam.PolicyStatement({
          sid: parts.length === 1 ? sid : `${sid}${i + 1}`,
          actions: [...actions],
          resources: [...part],
          ...(conditions === undefined ? {} : { conditions }),
        }),
      );
    }
    acknowledgeWildcards(role, resources, because);
  }
}

const PART_CHARS_MAX = 4000;

function partsOf(resources: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  let chars = 0;
  for (const resource of resources) {
    const last = parts.at(-1);
    if (last === undefined || (last.length > 0 && chars + resource.length > PART_CHARS_MAX)) {
      parts.push([resource]);
      chars = resource.length;
    } else {
      last.push(resource);
      chars += resource.length;
    }
  }
  return parts;
}

/** cdk-nag asks for the reason of every wildcard (AwsSolutions-IAM5). Without cdk-nag these lines mean nothing. */
function acknowledgeWildcards(role: iam.Role, resources: readonly string[], reason: string): void {
  for (const resource of resources) {
    if (!resource.endsWith("*")) continue;
    // As cdk-nag writes what CloudFormation fills in: arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:service/...
    const shown = JSON.stringify(role.stack.resolve(resource));
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${namedAs(shown)}]`, reason });
  }
}

function namedAs(resolved: string): string {
  const parsed = JSON.parse(resolved) as unknown;
  return typeof parsed === "string" ? parsed : joined(parsed);
}

function joined(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(joined).join("");
  if (typeof value !== "object" || value === null) return "";
  if ("Ref" in value) return `<${String(value.Ref)}>`;
  if ("Fn::GetAtt" in value && Array.isArray(value["Fn::GetAtt"])) return `<${value["Fn::GetAtt"].join(".")}>`;
  if ("Fn::Join" in value && Array.isArray(value["Fn::Join"])) return joined(value["Fn::Join"][1]);
  return "";
}
