import { describeRedisStores } from "../redis-contracts.ts";

describeRedisStores(0, 1);
