import { describeRedisStores } from "../redis-contracts.ts";

describeRedisStores(1);
