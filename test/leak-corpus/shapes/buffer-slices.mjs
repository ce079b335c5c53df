// Sixteen bytes of each message are kept, and with them the whole of it; the control copies them.
const receive = (copies) => () => {
  const heads = [];
  const ring = 50;
  return function keepHead(call) {
    const message = Buffer.alloc(16_384, call);
    const head = message.subarray(0, 16);
    if (copies) heads[call % ring] = Buffer.from(head);
    else heads.push(head);
  };
};
export const leak = receive(false);
export const control = receive(true);
export const holder = /heads Array/;
export const site = /keepHead \(.*buffer-slices/;
export const options = { iterations: 300 };
