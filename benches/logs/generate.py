"""Writes access logs in the combined format: many paths of unequal popularity, 2 % 5xx, some of them in episodes.

    generate.py LINES [PATHS]      2,000,000 lines with 69,516 paths, about 490 MB

The same numbers give the same lines.
"""

import random
import sys
import time

SECTIONS = ["shop", "product", "category", "blog", "account", "search", "media", "api", "help", "static"]
USERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
]
BOTS = [
    ("66.249.66.%d", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/131.0.0.0 Safari/537.36"),
    ("40.77.167.%d", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/131.0.0.0 Safari/537.36"),
]
BEGIN = 1_795_305_600  # 2026-11-22T00:00:00Z


def main():
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    paths = int(sys.argv[2]) if len(sys.argv) > 2 else 69_516
    dice = random.Random(18)
    names = ["/%s/%s-%d.html" % (SECTIONS[at % 10], dice.choice(["red-shoes", "how-to-choose", "summer-sale", "item"]), at) for at in range(paths)]
    step = 7 * 86_400 / lines
    out, stamp, text = [], None, ""
    for at in range(lines):
        second = BEGIN + int(at * step)
        if second != stamp:
            stamp = second
            text = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))
        # Every path once, then the popular ones more often.
        path = names[at] if at < paths else names[int(paths * dice.random() ** 3)]
        is_episode = second % 86_400 // 600 == 60
        chance = dice.random()
        if chance < (0.6 if is_episode else 0.016):
            status = (502, 503, 504, 500)[int(chance * 1e6) % 4]
        else:
            status = 404 if chance > 0.97 else 200
        if dice.random() < 0.1:
            network, agent = BOTS[at % 2]
            client = network % (at % 250)
        else:
            client = "%d.%d.%d.%d" % (11 + at % 200, at // 7 % 250, at // 13 % 250, at % 250)
            agent = USERS[at % 3]
        out.append(
            '%s - - [%s] "GET %s HTTP/1.1" %d %d "https://www.shop.test/%s/" "%s"\n'
            % (client, text, path, status, 500 + at % 30_000, SECTIONS[at % 10], agent)
        )
        if len(out) == 10_000:
            sys.stdout.write("".join(out))
            out.clear()
    sys.stdout.write("".join(out))


main()
