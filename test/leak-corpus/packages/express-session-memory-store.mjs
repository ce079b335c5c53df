// Clients without cookies get a new session with each request; MemoryStore forgets none that nobody asks for again.
import { EventEmitter } from "node:events";
import session from "express-session";

const serve = (cookies) => () => {
  const handle = session({ secret: "secret", resave: false, saveUninitialized: true, proxy: false });
  let cookie;
  return () =>
    new Promise((resolve, reject) => {
      const request = Object.assign(new EventEmitter(), {
        url: "/",
        originalUrl: "/",
        headers: cookies && cookie ? { cookie } : {},
        connection: {},
      });
      const headers = {};
      const response = Object.assign(new EventEmitter(), {
        statusCode: 200,
        headersSent: false,
        getHeader: (name) => headers[name.toLowerCase()],
        setHeader: (name, value) => {
          headers[name.toLowerCase()] = value;
        },
        writeHead() {},
        _implicitHeader() {
          response.writeHead(200);
        },
        write: () => true,
        end: () => {
          cookie ??= String(headers["set-cookie"]?.[0]).split(";")[0];
          resolve();
        },
      });
      handle(request, response, (error) => {
        if (error) return reject(error);
        request.session.views = (request.session.views ?? 0) + 1;
        response.writeHead(200);
        response.end();
      });
    });
};
export const leak = serve(false);
export const control = serve(true);
export const holder = /\.sessions/;
export const site = /express-session|uid-safe/;
