"""Asks the DNS. I/O: the machine's name servers, or the one that is named."""

import dns.exception
import dns.resolver

from digest.errors import DnsError

TIMEOUT_S = 5.0

Server = tuple[str, int]  # an IP address and a port


def find_texts(name: str, *, server: Server | None = None) -> tuple[str, ...]:
    """The TXT records of a name, each joined from its strings (RFC 6376 section 3.6.2.2); () where
    there is none. Raises DnsError where nobody can say."""
    try:
        answer = _resolver(server).resolve(name, "TXT", lifetime=TIMEOUT_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except dns.exception.DNSException as error:
        raise DnsError(f"the DNS does not answer for {name}: {error}") from error
    return tuple(b"".join(record.strings).decode("ascii", "replace") for record in answer)


def _resolver(server: Server | None) -> dns.resolver.Resolver:
    if server is None:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [server[0]], server[1]
    return resolver
