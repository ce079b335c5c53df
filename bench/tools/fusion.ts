/**
 * What do vectors gain or lose beside words alone, with an honest embedder (hashed character n-grams), with two useless ones (chance,
 * and one vector for all), and with one that knows more than words do (learned from 2,000 labelled queries that aren't tested)?
 * On no set may fusion lose more than a point.
 */
import { met, print } from "../figures.ts";
import { evaluate, fusionSets } from "./fusion/sets.ts";

const most = 1;
for (const { title, tools, queries, embedders } of fusionSets()) {
  const alone = await evaluate(tools, queries, undefined);
  const rows = [["words alone", ...figures(alone), "", "", ""]];
  let worst = 0;
  for (const [name, embedder] of embedders) {
    const fused = await evaluate(tools, queries, embedder);
    const change = [fused.recall1 - alone.recall1, fused.recall5 - alone.recall5] as const;
    worst = Math.min(worst, ...change);
    rows.push([
      name,
      ...figures(fused),
      change.map(signed).join(" / "),
      fused.trusted ? `yes, weight ${fused.weight}` : "no",
      (fused.queryPercentile ?? 0).toFixed(2),
    ]);
  }
  print(
    `Vectors beside words: ${title}, ${tools.length} tools, ${queries.length} queries`,
    ["embedder", "recall@1", "recall@5", "change, points", "trusted", "percentile for plain queries"],
    rows,
    [met(`no embedder costs more than ${most} point`, worst >= -most, `worst ${signed(worst)}`)],
    [],
  );
}

function figures({ recall1, recall5 }: { readonly recall1: number; readonly recall5: number }): string[] {
  return [`${recall1.toFixed(1)} %`, `${recall5.toFixed(1)} %`];
}

function signed(points: number): string {
  return `${points > 0 ? "+" : ""}${points.toFixed(1)}`;
}
