"""Parameters that several models have which learn by epochs; see params.py."""

from typing import Any

PARAMS: dict[str, dict[str, Any]] = {
    "accumulate": {
        "type": "int",
        "default": 1,
        "low": 1,
        "high": 1024,
        "log": True,
        "tune": False,
        "help": {
            "en": "Parts that a step is computed in: less memory, the same step.",
            "zh-hans": "将一步拆成几部分计算：更省内存，结果相同。",
        },
    },
    "batch_of_users": {
        "type": "int",
        "default": 8192,
        "low": 1,
        "high": 1000000,
        "log": True,
        "tune": False,
        "help": {
            "en": "Events of one step (whole users, as many as have so many).",
            "zh-hans": "每一步的事件数（取整用户）。",
        },
    },
    "batch": {
        "type": "int",
        "default": 4096,
        "low": 1,
        "high": 1000000,
        "log": True,
        "tune": False,
        "help": {"en": "Events of one step.", "zh-hans": "每一步的事件数。"},
    },
    "encoder": {
        "type": "choice",
        "default": "auto",
        "choices": ["auto", "minilm", "characters"],
        "listed": "encoders",
        "tune": False,
        "help": {
            "en": "What reads the texts. minilm: the built-in language model (English); "
            "characters: letters that stand together, for any script; auto: minilm where it "
            "knows the letters of the titles, else characters. An admin may add folders.",
            "zh-hans": "由谁阅读文本。minilm：内置语言模型（英文）；characters：相邻字符片段，"
            "适用于任何文字；auto：minilm 认识标题文字时用它，否则用 characters。"
            "管理员可添加模型文件夹。",
        },
    },
    "epochs": {
        "type": "int",
        "default": None,
        "low": 1,
        "high": 10000,
        "log": True,
        "help": {
            "en": "Passes over the log. Empty: until validation stops rising, the best kept.",
            "zh-hans": "遍历日志的轮数。留空：直到验证指标不再上升，并保留最好的一轮。",
        },
    },
    "layers": {
        "type": "int",
        "default": 2,
        "low": 0,
        "high": 8,
        "log": False,
        "tune": [1, 4],
        "help": {
            "en": "Steps that taste spreads. 0 is plain factorisation; many make all alike.",
            "zh-hans": "口味传播的步数。0 即普通矩阵分解；过多会使所有向量趋同。",
        },
    },
    "learning_rate": {
        "type": "float",
        "default": 0.01,
        "low": 1e-05,
        "high": 1.0,
        "log": True,
        "tune": [0.001, 0.02],
        "help": {
            "en": "Length of a step. Higher learns faster and may diverge.",
            "zh-hans": "步长。越高学得越快，但可能发散。",
        },
    },
    "graph_loss": {
        "type": "choice",
        "default": "infonce",
        "choices": ["infonce", "bpr"],
        "tune": False,
        "help": {
            "en": "What is minimised. infonce: softmax against all; bpr: what was "
            "taken above what was not, pair by pair, as in the paper.",
            "zh-hans": "要最小化的损失。infonce：与所有物品对比的 "
            "softmax；bpr：逐对让接触过的排在未接触的之前（论文做法）。",
        },
    },
    "shared_negatives": {
        "type": "int",
        "default": 512,
        "low": 1,
        "high": 20000,
        "log": True,
        "tune": False,
        "help": {
            "en": "Items drawn against each batch, where not all of them "
            "stand there: infonce from 20,000 items on, bpr always.",
            "zh-hans": "每批抽取的负例物品数（当不与全部物品对比时）：infonce 在物品超过 20,000 "
            "个时使用，bpr 始终使用。",
        },
    },
    "softmax_negatives": {
        "like": "shared_negatives",
        "help": {
            "en": "Items drawn against each batch from a catalogue of more than 20,000. A smaller "
            "one stands there whole, and this changes nothing.",
            "zh-hans": "物品超过 20,000 个时，每批抽取的负例物品数。"
            "不超过时与全部物品对比，此项不起作用。",
        },
    },
    "softmax_popularity": {
        "like": "popularity_logq",
        "help": {
            "en": "How they are drawn: 0 every item alike, 1 as often as it was taken (logQ "
            "corrects for it). Up to 20,000 items none are drawn.",
            "zh-hans": "抽取方式：0 每个物品等概率，1 按被接触次数（用 logQ 校正）。"
            "不超过 20,000 个物品时不抽取。",
        },
    },
    "negatives": {
        "type": "int",
        "default": 1,
        "low": 1,
        "high": 1000,
        "log": True,
        "tune": False,
        "help": {
            "en": "Items drawn against each event, anew in every epoch; their losses average.",
            "zh-hans": "每个事件抽取的负例物品数，每轮重新抽取；损失取平均。",
        },
    },
    "gate_tail": {
        "type": "float",
        "default": 1.0,
        "low": 0.0,
        "high": 10.0,
        "log": False,
        "tune": [0.0, 2.0],
        "help": {
            "en": "How much the side that knows what an item is studies by itself, too. 0: only "
            "together with the other; higher brings rare and new items forward.",
            "zh-hans": "了解物品内容的一侧单独学习的程度。0：只与另一侧一起学习；"
            "越高，冷门与新物品越靠前。",
        },
    },
    "gate_middle": {
        "type": "float",
        "default": None,
        "low": 0.05,
        "high": 10000.0,
        "log": True,
        "help": {
            "en": "Events of an item at which what people did and what it is count alike. Higher "
            "leans on content for longer. Empty: learnt on validation.",
            "zh-hans": "物品被接触多少次时，行为与内容的权重相同。越高则越久依靠内容。"
            "留空：在验证集上学得。",
        },
    },
    "gate_sharpness": {
        "type": "float",
        "default": None,
        "low": 0.05,
        "high": 8.0,
        "log": True,
        "help": {
            "en": "How quickly the one takes over from the other around that number. Empty: learnt "
            "on validation.",
            "zh-hans": "在该次数附近，一方取代另一方的快慢。留空：在验证集上学得。",
        },
    },
    "popularity_logq": {
        "type": "float",
        "default": 0.0,
        "low": 0.0,
        "high": 1.0,
        "log": False,
        "tune": False,
        "help": {
            "en": "How negatives are drawn, where not all items stand there: 0 every item alike, 1 "
            "as often as it was taken (infonce corrects for it by logQ).",
            "zh-hans": "负例抽取方式（当不与全部物品对比时）：0 每个物品等概率，"
            "1 按被接触次数（infonce 用 logQ 校正）。",
        },
    },
    "popularity": {
        "type": "float",
        "default": 0.0,
        "low": 0.0,
        "high": 1.0,
        "log": False,
        "help": {
            "en": "How they are drawn: 0 every item alike, 1 as often as it was taken.",
            "zh-hans": "抽取方式：0 每个物品等概率，1 按被接触次数。",
        },
    },
    "precision": {
        "type": "choice",
        "default": "float32",
        "choices": ["float32", "bfloat16"],
        "tune": False,
        "help": {
            "en": "bfloat16 is faster on graphics cards and new processors, and coarser.",
            "zh-hans": "bfloat16 在显卡和新处理器上更快，但精度较低。",
        },
    },
    "temperature": {
        "type": "float",
        "default": 0.2,
        "low": 0.01,
        "high": 10.0,
        "log": True,
        "tune": [0.05, 0.5],
        "help": {
            "en": "Lower looks hardest at the items that are nearly right (infonce).",
            "zh-hans": "越低越关注差一点就正确的物品（infonce）。",
        },
    },
    "user_regularization": {
        "type": "float",
        "default": 0.01,
        "low": 0.0,
        "high": 10.0,
        "log": False,
        "tune": [0.0, 0.05],
        "help": {
            "en": "Higher keeps the vectors of users closer to 0.",
            "zh-hans": "越高，用户向量越接近 0。",
        },
    },
    "item_regularization": {
        "type": "float",
        "default": 0.01,
        "low": 0.0,
        "high": 10.0,
        "log": False,
        "tune": [0.0, 0.05],
        "help": {
            "en": "Higher keeps the vectors and biases of items closer to 0.",
            "zh-hans": "越高，物品的向量和偏置越接近 0。",
        },
    },
    "weight_decay": {
        "type": "float",
        "low": 0.0,
        "high": 10.0,
        "log": False,
        "tune": [0.0, 0.05],
        "help": {
            "en": "Higher keeps the vectors of an event's user and items closer to 0.",
            "zh-hans": "越高，事件中用户和物品的向量越接近 0。",
        },
    },
    "hidden": {
        "type": "int",
        "default": 128,
        "low": 1,
        "high": 4096,
        "log": True,
        "tune": False,
        "help": {"en": "Width of the head's middle layer.", "zh-hans": "头部中间层的宽度。"},
    },
    "dropout": {
        "type": "float",
        "default": 0.2,
        "low": 0.0,
        "high": 0.9,
        "log": False,
        "help": {
            "en": "Share of the head's signals that is switched off while learning.",
            "zh-hans": "学习时随机关闭的头部信号比例。",
        },
    },
}
