export { EcsOrchestrator } from "./ecs-orchestrator.ts";
