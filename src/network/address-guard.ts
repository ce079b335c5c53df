import type { LookupAddress, LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { ForbiddenAddressError } from "../errors.ts";
import type { Dispatch } from "./policy.ts";
import { isPrivateAddress } from "./private-address.ts";

/**
 * Lets a connection go to public addresses alone: what is looked up is what is connected to, so that a name that changes
 * its address in between gains nothing.
 * @param lookup as `dns.lookup`
 */
export function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    const all: LookupOptions = { ...options, all: true };
    lookup(hostname, all, (error, found, family) => {
      if (error !== null) {
        callback(error, "", 0);
        return;
      }
      const addresses: readonly LookupAddress[] = Array.isArray(found)
        ? found
        : [{ address: found, family: family ?? isIP(found) }];
      const open = addresses.filter(({ address }) => !isPrivateAddress(address));
      const first = open[0];
      if (first === undefined)
        callback(new ForbiddenAddressError(hostname, addresses[0]?.address ?? "no address"), "", 0);
      else if (options.all === true) callback(null, open);
      else callback(null, first.address, first.family);
    });
  };
}

/** Refuses what names a private address itself, in whatever notation: no lookup is asked for those. */
export function refusePrivateHosts(dispatch: Dispatch): Dispatch {
  return (request, handler) => {
    const host = new URL(String(request.origin)).hostname;
    const address = host.startsWith("[") ? host.slice(1, -1) : host;
    if (isIP(address) === 0 || !isPrivateAddress(address)) return dispatch(request, handler);
    handler.onResponseError?.(refusedController, new ForbiddenAddressError(host, address));
    return true;
  };
}

const nothing = (): void => undefined;
/** Of a request that never began. */
const refusedController = Object.freeze({
  aborted: true,
  paused: false,
  reason: null,
  abort: nothing,
  pause: nothing,
  resume: nothing,
});
