import { expect, test } from "vitest";
import { codingAssistantTools } from "../../../src/tools/example/coding-assistant.ts";
import { LexicalRanking } from "../../../src/tools/ranking/lexical-ranking.ts";

/** As developers talk, mostly without the words of the tools; any one of the tools will do. The second forty were written before the words were chosen. */
const queries: readonly (readonly [string, ...string[]])[] = [
  ["which commit broke the build", "git_bisect"],
  ["who wrote this line", "git_blame"],
  ["undo my last commit", "git_revert"],
  ["where is parseConfig defined", "find_symbol"],
  ["who calls this function", "find_references"],
  ["why is this endpoint so slow in production", "trace_request", "query_metrics"],
  ["port 3000 is already in use, free it", "stop_process", "list_processes"],
  ["is main green", "ci_status"],
  ["our heap keeps growing over night", "profile_memory"],
  ["did we accidentally commit an AWS key", "scan_secrets"],
  ["why did the pipeline fail", "ci_logs"],
  ["spin up the database and redis locally", "docker_compose_up"],
  ["this query takes 8 seconds, why", "explain_query"],
  ["add lodash to the project", "install_package"],
  ["get rid of moment.js", "remove_package"],
  ["which of our libraries have CVEs", "audit_dependencies"],
  ["tidy up the imports at the top of this file", "organize_imports"],
  ["what columns does the users table have", "describe_table"],
  ["the new release is crashing, go back to the old one", "rollback_deployment"],
  ["tell the team on slack that I'm deploying", "send_message"],
  ["fire off a POST to /api/login and see what comes back", "http_request"],
  ["some test passes only sometimes", "find_flaky_tests"],
  ["port this python script to go", "convert_language"],
  ["how big is the javascript we ship to the browser", "bundle_size"],
  ["pull the latest changes from origin", "git_pull"],
  ["hide my work in progress so I can switch branches", "git_stash"],
  ["what files have I touched", "git_status"],
  ["make this variable name clearer everywhere", "rename_symbol"],
  ["any code nobody uses anymore?", "find_dead_code"],
  ["are any pods crash looping", "kubernetes_get_pods"],
  ["can we still afford 500 users at once", "load_test"],
  ["ship it to staging", "deploy"],
  ["turn the dark mode on for 10 percent of people", "feature_flag"],
  ["where in the repo do we mention STRIPE_KEY", "search_text"],
  ["break this 200 line function apart", "extract_function"],
  ["write down that we use pnpm, not npm", "remember_fact"],
  ["what does this regex function do, in plain english", "explain_code"],
  ["someone should look at my changes before they go in", "create_pull_request", "review_pull_request"],
  ["are all licences of our deps fine for commercial use", "check_licenses"],
  ["kill whatever is eating my CPU", "stop_process", "list_processes"],
  ["find the change that made checkout stop working", "git_bisect"],
  ["show me what I changed since the last commit", "git_diff", "git_status"],
  ["take back that bad commit without rewriting history", "git_revert"],
  ["jump to where UserService is declared", "find_symbol"],
  ["everywhere we invoke sendEmail", "find_references"],
  ["this page takes forever to load, which service is to blame", "trace_request"],
  ["is production on fire right now", "list_alerts"],
  ["what went wrong in the nightly job", "ci_logs"],
  ["run the failed workflow again", "ci_trigger"],
  ["bring up postgres in a container", "docker_run", "docker_compose_up"],
  ["the report SQL is slow", "explain_query"],
  ["bump all our dependencies", "update_packages"],
  ["throw out this module nobody imports", "find_dead_code", "delete_file"],
  ["do we pull in anything GPL", "check_licenses"],
  ["why do we have left-pad at all", "dependency_tree"],
  ["what is listening on port 8080", "list_processes", "stop_process"],
  ["did anyone leave passwords in the repo", "scan_secrets"],
  ["could someone inject sql through this form handler", "static_security_scan"],
  ["give me a picture of the login page", "take_screenshot"],
  ["what's printed in the devtools", "read_console"],
  ["make a chart of how the services talk to each other", "draw_diagram"],
  ["how many of our lines are untested", "test_coverage"],
  ["are our tests any good at catching mistakes", "mutation_test"],
  ["the function is hot, where is the time going", "profile_cpu"],
  ["which is faster, map or for loop", "run_benchmark"],
  ["put my edits away for a moment", "git_stash"],
  ["get the newest commits from the server", "git_pull"],
  ["mark this as version 2.1", "git_tag"],
  ["type errors in the project?", "type_check"],
  ["clean up the whitespace and quotes in these files", "format_code"],
  ["this method is way too long, which ones else are", "complexity_report"],
  ["tell future you that deploys happen on thursdays", "remember_fact"],
  ["open a ticket about the broken avatar upload", "create_issue"],
  ["has somebody already reported this crash", "search_issues"],
  ["undo the database schema change from today", "run_migrations"],
  ["disable the beta checkout for everyone", "feature_flag"],
  ["what did the server print a minute ago", "read_process_output", "read_service_logs", "docker_logs"],
  ["set DATABASE_URL for the dev server", "set_environment_variable"],
  ["which version of node-fetch is the latest", "search_registry"],
  ["how do I use useEffect cleanup properly", "search_docs"],
];

test("what developers say in their own words finds a right tool among five for six in ten", () => {
  const ranking = new LexicalRanking(codingAssistantTools);
  const found = queries.filter(([query, ...right]) =>
    ranking.top(query, { k: 5 }).some(({ name }) => right.includes(name)),
  );
  expect(found.length / queries.length).toBeGreaterThan(0.6);
});

test("a word that was taken for a typing error counts less than one that was written", () => {
  const ranking = new LexicalRanking([
    { name: "a", description: "paint" },
    { name: "b", description: "gadget" },
  ]);
  const [first, second] = ranking.top("print a gadget");
  expect([first?.name, second?.name]).toEqual(["b", "a"]);
  expect(second!.score).toBeLessThan(0.75 * first!.score);
});
