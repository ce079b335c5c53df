import workerpool from "workerpool";
import task from "./worker-task.ts";

workerpool.worker({ task });
