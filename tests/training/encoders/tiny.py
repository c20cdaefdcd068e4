"""A language model made on the spot: two layers, random weights, a vocabulary of its texts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def make(
    folder: Path, texts: Iterable[str], *, kind: str = "bert", seed: int = 0, dropout: float = 0.1
) -> Path:
    """The folder of a model of this type, as an admin would put it there."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    words = sorted({word for text in texts for word in text.lower().split()})
    letters = sorted({letter for word in words for letter in word})
    names = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = dict.fromkeys([*names, *words])
    tokens = Tokenizer(
        models.WordPiece({word: n for n, word in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    tokens.normalizer = normalizers.Lowercase()
    tokens.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokens.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokens.save(str(folder / "tokenizer.json"))
    from training.encoders.folders import TYPES

    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    sizes |= {"intermediate_size": 64, "max_position_embeddings": 66, "pad_token_id": 0}
    if kind == "distilbert":
        sizes = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64, "pad_token_id": 0}
    torch.manual_seed(seed)
    config = getattr(transformers, TYPES[kind][0])(vocab_size=len(vocabulary), **sizes)
    if kind != "distilbert":
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
    getattr(transformers, TYPES[kind][1])(config).save_pretrained(folder)
    return folder


def pooled_by_first(folder: Path) -> None:
    """Let the folder say that a text's vector is that of its first token."""
    (folder / "1_Pooling").mkdir()
    said = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(said))
