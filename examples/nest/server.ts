import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { announce, HOST, PORT } from "../shared/start.ts";
import { AppModule } from "./app.module.ts";

const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
await app.listen(PORT, HOST);
announce(app.getHttpServer());
