export { type SelfSigned, selfSigned } from "../../src/report/workloads/network/self-signed.ts";
