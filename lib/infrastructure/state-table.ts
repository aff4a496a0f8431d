import { RemovalPolicy } from "aws-cdk-lib";
import * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";

/**
 * The state: keys and layout of lib/adapters/dynamo/schema.ts. It outlives the stack: it is retained, protected, and can
 * be restored to any second of the last 35 days. Encrypted with a key that DynamoDB owns.
 */
export function stateTable(scope: Construct): dynamodb.Table {
  return new dynamodb.Table(scope, "State", {
    partitionKey: { name: "pk", type: dynamodb.AttributeType.STRING },
    sortKey: { name: "sk", type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: "ttl",
    // Writes follow the beat: a few a minute, with a burst at each five minutes. Provisioned capacity would be sized for it.
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    encryption: dynamodb.TableEncryption.DEFAULT,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
