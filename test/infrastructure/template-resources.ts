import type { Template } from "aws-cdk-lib/assertions";

interface Resource {
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
}
/** All of a type, with their logical ids. */
export const all = (template: Template, type: string): [string, Resource][] =>
  Object.entries(template.findResources(type) as Record<string, Resource>);
