import { describe, expect, it } from "vitest";
import { ProtocolChoice } from "../../../../src/network/transport/protocol-choice.ts";

const sampled = (choice: ProtocolChoice, inFlight: number, times: number) => {
  for (let i = 0; i < times; i++) choice.sample(inFlight);
  return choice.preferred;
};
function offered(rttMs: number | undefined, mode: "auto" | "http2" = "auto"): ProtocolChoice {
  const choice = new ProtocolChoice(mode, true);
  choice.connected("h2", true, rttMs);
  return choice;
}

describe("the choice of a protocol", () => {
  it("is open until a first connection tells what the server offers", () => {
    const choice = new ProtocolChoice("auto", true);
    expect([choice.preferred, choice.reason]).toEqual([undefined, "no connection yet"]);
    choice.connected("h2", true, 0.2);
    expect(choice.preferred).toBe("h2");
    choice.connected("h1", true, 0.3);
    expect([choice.preferred, choice.reason, choice.rttMs]).toEqual(["h1", "HTTP/2 isn't offered", 0.2]);
  });

  it("is HTTP/1.1 without TLS, and where it was asked for", () => {
    expect(new ProtocolChoice("auto", false).preferred).toBe("h1");
    expect(new ProtocolChoice("http2", false).preferred).toBe("h1");
    const choice = new ProtocolChoice("http1", true);
    expect([choice.preferred, choice.reason, choice.isByMeasure]).toEqual([
      "h1",
      "HTTP/1.1 was asked for",
      false,
    ]);
  });

  it("becomes HTTP/1.1 after 32 samples of one request at a time on a fast link, and not before", () => {
    const choice = offered(2);
    expect(sampled(choice, 1, 31)).toBe("h2");
    expect(sampled(choice, 1, 1)).toBe("h1");
    expect(choice.isByMeasure).toBe(true);
    expect(choice.reason).toBe(
      "one request after the other on a fast link: less CPU (1.0 requests at once, round trip 2.0 ms)",
    );
  });

  it("stays HTTP/2 on a slow link, on one whose round trip is unknown, with several at once, and where asked for", () => {
    expect(sampled(offered(2.1), 1, 500)).toBe("h2");
    expect(sampled(offered(undefined), 1, 500)).toBe("h2");
    expect(sampled(offered(0.1), 2, 500)).toBe("h2");
    expect(sampled(offered(0.1, "http2"), 1, 500)).toBe("h2");
  });

  it("becomes HTTP/2 again at once in a burst of 8, and by and by above 3 at a time", () => {
    const choice = offered(0.1);
    expect(sampled(choice, 1, 32)).toBe("h1");
    expect(sampled(choice, 7, 1)).toBe("h1");
    expect(sampled(choice, 8, 1)).toBe("h2");
    expect(sampled(choice, 1, 200)).toBe("h1");
    expect(sampled(choice, 3, 200)).toBe("h1");
    expect(sampled(choice, 4, 40)).toBe("h2");
  });

  it("is HTTP/2 for good where the server refused HTTP/1.1", () => {
    const choice = offered(0.1);
    choice.refusedH1();
    expect([sampled(choice, 1, 500), choice.reason]).toEqual(["h2", "a connection for HTTP/1.1 failed"]);
  });

  it("learns nothing from a connection that was not offered HTTP/2", () => {
    const choice = offered(0.1);
    sampled(choice, 1, 32);
    choice.connected("h1", false, 0.1);
    expect(choice.isByMeasure).toBe(true);
  });
});
