import { expect, test } from "vitest";
import { BearerToken } from "../../../../src/metrics/endpoint/bearer-token.ts";
import { acceptsGzip, formatFor } from "../../../../src/metrics/endpoint/content-negotiation.ts";

test.each([
  [undefined, "text"],
  ["", "text"],
  ["*/*", "text"],
  ["text/html", "text"],
  ["application/openmetrics-text", "openmetrics"],
  ["Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8", "openmetrics"],
  ['application/openmetrics-text; version="1.0.0"', "openmetrics"],
  ["application/openmetrics-text; version=0.0.1", "text"],
  ["application/openmetrics-text; version=2.0.0, text/plain", "text"],
  ["application/openmetrics-text; q=0", "text"],
  ["application/openmetrics-text; q=0.2, text/plain; q=0.8", "text"],
  ["application/openmetrics-text; q=none, text/plain", "text"],
  ["text/plain, application/openmetrics-text", "openmetrics"],
  [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "openmetrics",
  ],
  [
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "openmetrics",
  ],
])("Accept: %s is answered in %s", (accept, format) => {
  expect(formatFor(accept)).toBe(format);
});

test.each([
  [undefined, false],
  ["", false],
  ["gzip", true],
  ["GZIP;q=0.5, br", true],
  ["br, x-gzip", true],
  ["gzip;q=0", false],
  ["gzip;q=0, *", false],
  ["*", true],
  ["*;q=0", false],
  ["identity, deflate", false],
])("Accept-Encoding: %s takes gzip: %s", (header, takes) => {
  expect(acceptsGzip(header)).toBe(takes);
});

test.each([
  ["Bearer s3cret", true],
  ["bearer  s3cret ", true],
  [undefined, false],
  ["", false],
  ["Bearer", false],
  ["Bearer ", false],
  ["Bearer s3cre", false],
  ["Bearer s3cret2", false],
  ["Bearer S3cret", false],
  ["Basic s3cret", false],
  ["s3cret", false],
  [`Bearer ${"s3cret".repeat(2000)}`, false],
])("Authorization: %s lets in: %s", (header, isLetIn) => {
  expect(new BearerToken("s3cret").isIn(header)).toBe(isLetIn);
});
