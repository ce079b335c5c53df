/** Files that a profile can be written to. */
export const profileFormats = ["html", "md", "json"] as const;
export type ProfileFormat = (typeof profileFormats)[number];
