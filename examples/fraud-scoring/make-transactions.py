#!/usr/bin/env python3
"""Writes transactions.csv: synthetic card transactions, with some frauds put among them.

Nothing here comes from real people, cards, merchants or payments. The same bytes come out on every
machine and with every Python 3: the generator is its own (splitmix64) and works in integers only.

    ./make-transactions.py > transactions.csv
    ./make-transactions.py --labels      # the ids of the transactions made as frauds, one a line
"""
import sys
from datetime import datetime, timedelta, timezone

CARDS = 60
DAYS = 30
ROWS = 2000
BEGIN = datetime(2026, 3, 1, tzinfo=timezone.utc)

# city: country, latitude and longitude in ten-thousandths of a degree
CITIES = [
    ("DE", 525200, 134050), ("DE", 481374, 115755), ("FR", 488566, 23522), ("ES", 404168, -37038),
    ("IT", 419028, 124964), ("NL", 523676, 49041), ("AT", 482082, 163738), ("PL", 522297, 210122),
]
FAR_CITIES = [
    ("US", 407128, -740060), ("BR", -235505, -466333), ("SG", 13521, 1038198), ("ZA", -262041, 280473),
]
SHOPS = [5411, 5812, 5541, 5912, 5651, 4111, 5732]  # groceries, restaurants, fuel, pharmacy, ...
RISKY = [4829, 5944, 6051, 7995]
CHANNELS = ["chip", "contactless", "contactless", "stripe"]


class Random:
    """splitmix64 (public domain, Sebastiano Vigna)."""

    MASK = (1 << 64) - 1

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & self.MASK
        return (z ^ (z >> 31)) % bound

    def pick(self, items):
        return items[self.below(len(items))]

    def amount(self, usual):
        """Cents around `usual`: the sum of four dice is close to a bell, and needs no libm."""
        return usual * (20 + sum(self.below(41) for _ in range(4))) // 100


class Card:
    def __init__(self, number, random):
        self.id = f"card-{number:03}"
        self.city = random.pick(CITIES)
        self.usual = 1200 + random.below(6000)
        # A person goes to the same dozen shops: (merchant, category, sold online)
        self.shops = [(f"m-{random.below(400):04}", random.pick(SHOPS), random.below(5) == 0)
                      for _ in range(12)]


def decimal(value, places):
    sign, value = ("-" if value < 0 else ""), abs(value)
    return f"{sign}{value // 10**places}.{value % 10**places:0{places}}"


def row(time, card, merchant, category, country, channel, cents, place, fraud):
    where = (decimal(place[0], 4), decimal(place[1], 4)) if channel != "online" else ("", "")
    return (time, card.id, merchant, category, country, channel, decimal(cents, 2), *where, fraud)


def shopping(card, time, random, city=None):
    country, latitude, longitude = city or card.city
    merchant, category, online = random.pick(card.shops)
    if city:
        merchant, online = f"m-{400 + random.below(200):04}", False
    place = (latitude + random.below(900) - 450, longitude + random.below(900) - 450)
    channel = "online" if online else random.pick(CHANNELS)
    return row(time, card, merchant, category, country, channel, random.amount(card.usual), place, False)


def ordinary(cards, count, random):
    """Days of shopping between 8 and 22 o'clock."""
    for _ in range(count):
        time = timedelta(days=random.below(DAYS), hours=8, seconds=random.below(14 * 3600))
        yield shopping(random.pick(cards), time, random)


def holiday(card, random):
    """An honest cardholder abroad: new country, new merchants, but no faster than an airliner."""
    city = random.pick([c for c in CITIES if c[0] != card.city[0]])
    for hour in range(6):
        yield shopping(card, timedelta(days=20, hours=2 + hour, minutes=random.below(40)), random, city)


def card_testing(card, day, random):
    """Stolen number: many small online payments within minutes, to see whether it works."""
    merchant, category = f"m-{600 + random.below(20):04}", random.pick(RISKY)
    for i in range(8):
        time = timedelta(days=day, hours=3, seconds=40 * i + random.below(30))
        yield row(time, card, merchant, category, "US", "online", 100 + random.below(400), None, True)


def cloned_card(card, day, random):
    """Copied magnetic stripe: purchases on another continent while the owner shops at home."""
    yield shopping(card, timedelta(days=day, hours=12), random, card.city)
    country, latitude, longitude = random.pick(FAR_CITIES)
    for i in range(3):
        time = timedelta(days=day, hours=12, minutes=35 + 25 * i)
        yield row(time, card, f"m-{620 + random.below(40):04}", 5732, country, "stripe",
                  random.amount(card.usual * 4), (latitude, longitude), True)


def takeover(card, day, random):
    """Taken-over account: few, large, and quickly turned into cash."""
    for i in range(2):
        time = timedelta(days=day, hours=1, minutes=20 * i + random.below(15))
        yield row(time, card, f"m-{660 + random.below(20):04}", random.pick(RISKY), card.city[0], "online",
                  random.amount(card.usual * 12), None, True)


def transactions():
    random = Random(2026)
    cards = [Card(number, random) for number in range(1, CARDS + 1)]
    rows = []
    for i in range(6):
        rows += holiday(cards[i], random)
    for i in range(4):
        rows += card_testing(cards[10 + i], 12 + 3 * i, random)
        rows += cloned_card(cards[20 + i], 14 + 3 * i, random)
        rows += takeover(cards[30 + i], 15 + 3 * i, random)
    rows += ordinary(cards, ROWS - len(rows), random)
    # Python's sort is stable, so equal times keep the order in which they were made.
    return sorted(rows, key=lambda r: r[0])


def main():
    labels = sys.argv[1:] == ["--labels"]
    if sys.argv[1:] and not labels:
        sys.exit("usage: make-transactions.py [--labels]")
    if not labels:
        print("transaction_id,timestamp,card_id,merchant_id,mcc,country,channel,amount_eur,latitude,longitude")
    for number, (time, *fields, fraud) in enumerate(transactions(), 1):
        name = f"t-{number:05}"
        if not labels:
            print(name, (BEGIN + time).strftime("%Y-%m-%dT%H:%M:%SZ"), *fields, sep=",")
        elif fraud:
            print(name)


if __name__ == "__main__":
    main()
