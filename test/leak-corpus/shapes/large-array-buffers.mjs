// Few objects, much memory outside of V8's heap.
const store = (replaces) => () => {
  const uploads = { byName: {} };
  return function upload(call) {
    uploads.byName[replaces ? call % 10 : `file${call}`] = new ArrayBuffer(65_536);
  };
};
export const leak = store(false);
export const control = store(true);
export const holder = /\.byName Object/;
export const site = /upload \(.*large-array-buffers/;
export const options = { iterations: 300 };
