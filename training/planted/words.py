"""Names of topics and titles of items, made up in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from training.planted.law import World

TOPICS = {
    "en": "Comedy Drama Action Horror Romance War Travel Music Sport Science History Food Nature "
    "Crime Fantasy Politics Art Fashion Health Games Money Family Animals Space".split(),
    "zh": "喜剧 剧情 动作 恐怖 爱情 战争 旅行 音乐 体育 科学 历史 美食 "
    "自然 犯罪 奇幻 时政 艺术 时尚 健康 游戏 财经 家庭 动物 太空".split(),
}
FIRST = {
    "en": "Silent Golden Hidden Broken Endless Northern Electric Paper Crimson Wandering "
    "Quiet Second Winter Distant Little Burning".split(),
    "zh": "寂静 金色 隐秘 破碎 无尽 北方 电光 纸上 绯红 流浪 安静 第二 冬日 遥远 小小 燃烧".split(),
}
SECOND = {
    "en": "River Garden Machine Letter Harbour Mountain Shadow Morning Promise City Island "
    "Window Journey Forest Storm Melody".split(),
    "zh": "河流 花园 机器 来信 港湾 山峰 影子 清晨 诺言 城市 岛屿 窗口 旅程 森林 风暴 旋律".split(),
}
LIKE = {
    "en": "A {topic} story about a {first} {second}.",
    "zh": "一个关于{first}{second}的{topic}故事。",
}
ALSO = 0.3  # items that belong to a second topic, too


def topic_name(language: str, number: int) -> str:
    """The name of a topic; the 25th is named like the first one with a 2."""
    names = TOPICS[language]
    again = number // len(names)
    return names[number % len(names)] + (f" {again + 1}" if again else "")


def catalogue(world: World) -> Iterator[dict[str, str]]:
    """The items as rows of text, in the order of their outside ids."""
    plan = world.plan
    rng = np.random.default_rng([plan.seed, 3])
    first, second = FIRST[plan.language], SECOND[plan.language]
    for number, rank in enumerate(np.argsort(world.names).tolist(), start=1):
        one, two, year, other = rng.integers(0, (len(first), len(second), 60, plan.topics)).tolist()
        topics = [int(world.topics[rank])]
        if rng.random() < ALSO and other != topics[0]:
            topics.append(other)
        names = [topic_name(plan.language, topic) for topic in topics]
        words = {"topic": names[0], "first": first[one], "second": second[two]}
        gap = "" if plan.language == "zh" else " "
        yield {
            "item_id": f"i{number}",
            "title": f"{words['first']}{gap}{words['second']} {number}",
            "categories": "|".join(names),
            "year": str(1965 + year),
            "description": LIKE[plan.language].format(**words),
        }
