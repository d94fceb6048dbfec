"""What the launcher keeps for each account beside MiniStack's own state: log, weather, the organisation's limits."""

import itertools
import time
from dataclasses import dataclass, field

from calls import refuse

_NUMBERS = itertools.count()


@dataclass
class Account:
    """One account."""

    log: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    latency: float = 0.0
    # The most entries in a page of a list, 0 for as many as the real services give.
    page: int = 0
    scps: list = field(default_factory=list)
    # How long a new thing stays unseen: kind -> {"calls": n, "seconds": s}.
    propagation: dict = field(default_factory=dict)
    # What is still unseen: (kind, name) -> {"calls": {action: left}, "until": time, "default": n}.
    unseen: dict = field(default_factory=dict)


_accounts = {}


def account(number):
    """The account of this number."""
    return _accounts.setdefault(number, Account())


def note(call):
    """Writes a call into its account's log and returns the entry, whose status comes later."""
    entry = {
        "number": next(_NUMBERS),
        "service": call.service,
        "action": call.action,
        "region": call.region,
        "access_key": call.access_key,
        "writes": call.writes,
        "at": time.time(),
        "took": 0.0,
        "status": 0,
        "code": "",
        "params": dict(call.params) if call.service != "eks" else {**call.path, **call.body},
    }
    entry["params"].pop("WebIdentityToken", None)
    account(call.account).log.append(entry)
    return entry


def strike(call):
    """The fault that hits this call, taken off the list when its times are up."""
    faults = account(call.account).faults
    for fault in faults:
        if fault.get("service") not in (None, call.service) or fault.get("action") not in (None, call.action):
            continue
        if fault.get("skip", 0) > 0:
            fault["skip"] -= 1
            continue
        if fault.get("times") is not None:
            fault["times"] -= 1
            if fault["times"] <= 0:
                faults.remove(fault)
        return fault
    return None


def answer_of(fault, call):
    """The answer that a fault gives, or None when it only delays."""
    code = fault.get("code")
    if not code and not fault.get("status"):
        return None
    status = fault.get("status") or 400
    if code == "throttle":
        status, code = 400, "ThrottlingException" if call.service == "eks" else "Throttling"
    message = "Rate exceeded" if code.startswith("Throttling") else "the test said so"
    return refuse(call.service, status, code or "InternalFailure", fault.get("message") or message)


def appeared(call):
    """Remembers what this successful call made, when its account is slow to show new things."""
    kinds = {
        "CreateRole": ("role", call.get("RoleName")),
        "CreateOpenIDConnectProvider": ("provider", host_of(call.get("Url"))),
    }
    made = kinds.get(call.action) if call.service == "iam" else None
    if not made:
        return
    slow = account(call.account).propagation.get(made[0])
    if slow:
        account(call.account).unseen[made] = {
            "until": time.time() + float(slow.get("seconds") or 0),
            "calls": {},
            "default": int(slow.get("calls") or 0),
        }


def is_unseen(number, kind, name, action):
    """Whether a new thing is still unseen by this action; each asking counts."""
    hidden = account(number).unseen.get((kind, name))
    if not hidden:
        return False
    left = hidden["calls"].setdefault(action, hidden["default"])
    if left > 0:
        hidden["calls"][action] = left - 1
        return True
    return time.time() < hidden["until"]


def host_of(url):
    """An issuer without its scheme, as provider ARNs and condition keys have it."""
    return url.split("://", 1)[-1].rstrip("/")
