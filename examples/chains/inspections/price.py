"""What so many things cost, a tenth less from ten on."""

import sys


def price(count, each):
    return count * each * (9 if count >= 10 else 10) // 10


if __name__ == "__main__":
    print(price(int(sys.argv[1]), int(sys.argv[2])))
