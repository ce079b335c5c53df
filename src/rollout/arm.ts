/** The treated variant, or the control. */
export type RolloutArm = "on" | "off";
