import { CheckWatch } from "./check-watch.ts";
import { ErrorWatch } from "./error-watch.ts";
import type { Guardrail } from "./guardrail.ts";
import { guardrailDefaults, nameOf } from "./guardrail-checks.ts";
import { latencyOf, namedValue, QuantileWatch, timeToSuccess } from "./quantile-watch.ts";
import { StalenessWatch } from "./staleness-watch.ts";
import type { WatchedGuardrail } from "./watched-guardrail.ts";

/** @param guardrail one that was checked @param onError told of the user's code that throws */
export function watchOf(guardrail: Guardrail, onError: () => void): WatchedGuardrail {
  const name = nameOf(guardrail);
  switch (guardrail.kind) {
    case "latency": {
      const { quantile = guardrailDefaults.latency.quantile } = guardrail;
      const { maxIncrease = guardrailDefaults.latency.maxIncrease } = guardrail;
      const { slackMs = guardrailDefaults.latency.slackMs } = guardrail;
      const { includeFailed = guardrailDefaults.latency.includeFailed } = guardrail;
      return new QuantileWatch(name, {
        read: includeFailed ? timeToSuccess : latencyOf,
        claim: includeFailed ? "calls fail or take longer" : "calls take longer",
        beyond: includeFailed ? "failed or were over" : "were over",
        unit: " ms",
        quantile,
        maxIncrease,
        slack: slackMs,
      });
    }
    case "value": {
      const { quantile = guardrailDefaults.value.quantile } = guardrail;
      const { maxIncrease = guardrailDefaults.value.maxIncrease } = guardrail;
      const { value } = guardrail;
      return new QuantileWatch(name, {
        read: namedValue(value),
        claim: `${value} is higher`,
        beyond: "were over",
        unit: "",
        quantile,
        maxIncrease,
        slack: 0,
      });
    }
    case "errors":
      return new ErrorWatch(name, guardrail.maxIncrease ?? guardrailDefaults.errors.maxIncrease);
    case "staleness":
      return new StalenessWatch(
        name,
        guardrail.source,
        guardrail.maxRate ?? guardrailDefaults.staleness.maxRate,
      );
    case "check":
      return new CheckWatch(guardrail, onError);
  }
}
