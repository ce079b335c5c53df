// Every state knows the one before it; the control forgets all but the last ten.
const edit = (most) => () => {
  const editor = { state: undefined };
  return function change(call) {
    editor.state = { text: `version ${call}`, previous: editor.state };
    let state = editor.state;
    for (let i = 0; i < most && state !== undefined; i++) state = state.previous;
    if (state !== undefined && most > 0) state.previous = undefined;
  };
};
export const leak = edit(0);
export const control = edit(10);
export const holder = /editor Object/;
export const site = /change \(.*linked-history/;
// A call leaks few bytes: after 600 they are hardly more than what comes and goes by itself.
export const options = { iterations: 2000 };
