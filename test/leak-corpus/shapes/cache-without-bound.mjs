// A cache by a key that never comes again; the control keeps the latest hundred.
class Profiles {
  byUser = new Map();
  find(user, most) {
    this.byUser.set(user, { name: `user ${user}`, roles: ["reader", "writer"] });
    if (this.byUser.size > most) this.byUser.delete(this.byUser.keys().next().value);
  }
}
const find = (most) => () => {
  const profiles = new Profiles();
  return (call) => profiles.find(call, most);
};
export const leak = find(Number.POSITIVE_INFINITY);
export const control = find(100);
export const holder = /Profiles.*\.byUser/;
export const site = /find \(.*cache-without-bound/;
// A call leaks few bytes: after 600 they are hardly more than what comes and goes by itself.
export const options = { iterations: 2000 };
