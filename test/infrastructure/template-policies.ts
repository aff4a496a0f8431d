import type { Template } from "aws-cdk-lib/assertions";

export interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface PolicyResource {
  readonly Type: string;
  readonly Properties: {
    readonly PolicyDocument: { readonly Statement: readonly Statement[] };
    readonly Roles?: unknown;
  };
}

/** Every statement of every policy attached to the role whose logical id begins with `role`; of all roles without it. */
export function statementsOf(template: Template, role?: string): readonly Statement[] {
  return policiesOf(template, role).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

/** Inline and managed policies attached to a role. */
export function policiesOf(template: Template, role?: string): readonly PolicyResource[] {
  const resources = Object.values(template.toJSON()["Resources"] as Record<string, PolicyResource>);
  return resources.filter(
    ({ Type, Properties }) =>
      (Type === "AWS::IAM::Policy" || Type === "AWS::IAM::ManagedPolicy") &&
      (role === undefined || JSON.stringify(Properties.Roles ?? []).includes(`"Ref":"${role}`)),
  );
}

export function actionsOf({ Action }: Statement): readonly string[] {
  return typeof Action === "string" ? [Action] : Action;
}

export function resourcesOf({ Resource }: Statement): readonly unknown[] {
  return Array.isArray(Resource) ? (Resource as unknown[]) : [Resource];
}

/** Text of a resource as IAM will see it, with `<...>` where CloudFormation fills in. */
export function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(shown).join("");
  const [key, argument] = Object.entries(value as object)[0] as [string, unknown];
  if (key === "Ref") return `<${String(argument)}>`;
  if (key === "Fn::GetAtt") return `<${(argument as string[]).join(".")}>`;
  if (key === "Fn::Join") return shown((argument as [string, unknown])[1]);
  throw new Error(`cannot show ${JSON.stringify(value)}`);
}

/** Characters that IAM counts: the document without blanks, with an ARN's usual length for what is filled in. */
export function sizeOf(policy: PolicyResource): number {
  return JSON.stringify(policy.Properties.PolicyDocument, (_key, value: unknown) =>
    typeof value === "object" && value !== null && Object.keys(value).some((key) => /^(Ref|Fn::)/.test(key))
      ? shown(value)
          .replaceAll("<AWS::Partition>", "aws-us-gov")
          .replaceAll(/<AWS::[^>]+>/g, "ap-southeast-4")
      : value,
  ).length;
}
