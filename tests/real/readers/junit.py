"""Test cases as a server of continuous integration reads them: SCHEMA FILE. Prints what is wrong, and otherwise the
cases as JSON."""

import json
import sys
import xml.etree.ElementTree as ElementTree

import xmlschema

schema, path = sys.argv[1:]
xmlschema.validate(path, schema)
root = ElementTree.parse(path).getroot()


def counted(element):
    cases = list(element.iter("testcase"))
    ended = lambda tag: sum(case.find(tag) is not None for case in cases)
    return {"tests": len(cases), "failures": ended("failure"), "errors": ended("error"), "skipped": ended("skipped")}


cases = []
for element in [root, *root]:
    for name, number in counted(element).items():
        if name in element.attrib and int(element.get(name)) != number:
            sys.exit(f"{element.get('name')}: {name} is {element.get(name)} and not {number}")
for suite in root:
    for case in suite:
        ending = case[0] if len(case) else None
        cases.append({
            "suite": suite.get("name"),
            "class": case.get("classname"),
            "name": case.get("name"),
            "ending": "passed" if ending is None else ending.tag,
            "message": "" if ending is None else ending.get("message"),
            "text": "" if ending is None else ending.text or "",
        })
print(json.dumps(cases))
