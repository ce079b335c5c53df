/** Words that say nothing of which tool is meant: articles, pronouns, auxiliaries, and how one asks for help. */
export const stopWords: ReadonlySet<string> = new Set(
  (
    "a an the of to in on for and or is are was were be been being am i me my mine we us our ours you your yours it its " +
    "this that these those with by as at from into do does did done doing can could would should will shall may might must " +
    "have has had having any some what which who whom whose how when where why please tell give show need needs want wants like " +
    "get help know there here if so not no just about also more than then them they their he she his her him out up let " +
    "don doesn didn isn aren wasn weren won wouldn couldn shouldn hasn haven hadn ain im ive id " +
    "la le el de der die das und ou et"
  ).split(" "),
);
