// Each instance registers itself with the module; closing it is what takes it off again.
const open = new Set();
class Channel {
  queue = [];
  constructor(id) {
    this.id = id;
    open.add(this);
  }
  close() {
    open.delete(this);
  }
}
const use = (closes) => () => (call) => {
  const channel = new Channel(call);
  channel.queue.push(call);
  if (closes) channel.close();
};
export const leak = use(false);
export const control = use(true);
export const holder = /\bopen Set/;
export const site = /instances-in-module-set/;
