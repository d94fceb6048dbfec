"""Prints, as JSON schemas, what requests to ARM may hold: read from the models of Microsoft's own clients.

The stand-in judges requests and its own answers by them. Every field may be null unless it is required.
"""

import enum
import importlib
import inspect
import json
import re
import sys
import typing

ROOTS = {
    "Identity": "azure.mgmt.msi.v2024_11_30.models",
    "FederatedIdentityCredential": "azure.mgmt.msi.v2024_11_30.models",
    "RoleAssignmentCreateParameters": "azure.mgmt.authorization.v2022_04_01.models",
    "RoleAssignment": "azure.mgmt.authorization.v2022_04_01.models",
    "RoleDefinition": "azure.mgmt.authorization.v2022_04_01.models",
    "ManagedCluster": "azure.mgmt.containerservice.models",
}

# Fields that newer previews have, which the real `az` sends.
NEWER = {"FederatedIdentityCredential": {"properties": {"claimsMatchingExpression": {}}}}

SCALARS = {
    "str": {"type": "string"},
    "iso-8601": {"type": "string"},
    "duration": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "object": {},
}


class Schemas:
    """The schemas found so far; those under way are there as an empty one, so that a model may hold itself."""

    def __init__(self):
        self.found = {}

    def of(self, module, model):
        key = f"{module.__name__}.{model.__name__}".replace(".", "_")
        if key not in self.found:
            self.found[key] = {}
            older = getattr(model, "_attribute_map", None)
            self.found[key].update(self.older(module, model) if older is not None else self.newer(module, model))
        return {"$ref": f"#/$defs/{key}"}

    def older(self, module, model):
        """A model that names its fields in a table, with dots for what is nested."""
        top = closed()
        hints = inspect.signature(model.__init__).parameters
        for name, field in model._attribute_map.items():
            # A dot that is part of a name is escaped.
            path = [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", field["key"])]
            rules = model._validation.get(name, {})
            schema = self.typed(module, field["type"], hints.get(name))
            for rule, word in (("max_length", "maxLength"), ("min_length", "minLength"), ("pattern", "pattern")):
                if rule in rules:
                    schema = {**schema, word: rules[rule]}
            holder = top
            for part in path[:-1]:
                if rules.get("required") and part not in holder["required"]:
                    holder["required"].append(part)
                holder = holder["properties"].setdefault(part, closed())
            holder["properties"][path[-1]] = schema
            if rules.get("required"):
                holder["required"].append(path[-1])
        return top

    def typed(self, module, text, parameter):
        if text.startswith("["):
            return {"type": "array", "items": self.typed(module, text[1:-1], None)}
        if text.startswith("{"):
            return {"type": "object", "additionalProperties": self.typed(module, text[1:-1], None)}
        if text == "str" and parameter is not None:
            for name in re.findall(r"_models\.(\w+)", str(parameter.annotation)):
                kind = getattr(module, name)
                if issubclass(kind, enum.Enum):
                    return {"type": "string", "enum": [it.value for it in kind]}
        if text in SCALARS:
            return dict(SCALARS[text])
        return self.of(module, getattr(module, text))

    def newer(self, module, model):
        """A model that says its fields with annotations."""
        top = closed()
        names = {"_models": module}
        hints = {}
        for base in reversed(model.__mro__):
            where = {**vars(typing), **vars(sys.modules.get(base.__module__, module)), **names}
            for name, hint in base.__dict__.get("__annotations__", {}).items():
                hints[name] = eval(hint, where) if isinstance(hint, str) else hint
            for name, field in base.__dict__.items():
                if type(field).__name__ == "_RestField" and name in hints:
                    wire = field._rest_name_input or name
                    where = {**vars(typing), **vars(sys.modules[base.__module__]), **names}
                    top["properties"][wire] = self.hinted(module, hints[name], where)
        return top

    def hinted(self, module, hint, where):
        if isinstance(hint, str):
            return self.hinted(module, eval(hint, where), where)
        if isinstance(hint, typing.ForwardRef):
            return self.hinted(module, eval(hint.__forward_arg__, where), where)
        origin, inside = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Union:
            inside = [it for it in inside if it is not type(None)]
            all_of_them = [self.hinted(module, it, where) for it in inside]
            # An enumeration beside `str` says which texts are known.
            known = [it for it in all_of_them if "enum" in it]
            return known[0] if known else all_of_them[0]
        if origin in (list, typing.List):
            return {"type": "array", "items": self.hinted(module, inside[0], where)}
        if origin in (dict, typing.Dict):
            return {"type": "object", "additionalProperties": self.hinted(module, inside[1], where)}
        if origin is typing.Literal:
            return {"enum": [getattr(it, "value", it) for it in inside]}
        if hint in (str, bytes):
            return {"type": "string"}
        if hint in (bool, int, float):
            return {"type": {bool: "boolean", int: "integer", float: "number"}[hint]}
        if inspect.isclass(hint) and issubclass(hint, enum.Enum):
            return {"type": "string", "enum": [it.value for it in hint]}
        if inspect.isclass(hint) and hint.__module__.startswith("azure."):
            return self.of(module, hint)
        return {"type": "string"} if getattr(hint, "__module__", "") == "datetime" else {}


def closed():
    return {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def main():
    schemas = Schemas()
    roots = {}
    for name, home in ROOTS.items():
        module = importlib.import_module(home)
        roots[name] = schemas.of(module, getattr(module, name))
        held = schemas.found[roots[name]["$ref"].rsplit("/", 1)[1]]
        for part, fields in NEWER.get(name, {}).items():
            held["properties"][part]["properties"].update(fields)
    print(json.dumps({"roots": roots, "$defs": schemas.found}))


main()
