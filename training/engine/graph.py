"""Who took what as a graph, and what its neighbours tell each node.

He et al.: LightGCN (SIGIR 2020), eq. 3 and 7, as one product with D^-1/2 A D^-1/2 a layer.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor


def normalised(train: sparse.csr_matrix) -> sparse.csr_matrix:
    """D^-1/2 A D^-1/2 float32 (n, n) of the bipartite graph, n = n_users + n_items, users first.

    Each stored pair is an edge of weight 1, whatever its confidence; a node without edges has a
    row of zeros.
    """
    edges = sparse.csr_matrix(train, copy=True).astype(np.float32)
    edges.data[:] = 1.0
    left = 1.0 / np.sqrt(np.maximum(np.diff(edges.indptr), 1))
    right = 1.0 / np.sqrt(np.maximum(np.bincount(edges.indices, minlength=edges.shape[1]), 1))
    edges = sparse.diags(left) @ edges @ sparse.diags(right)
    whole = sparse.csr_matrix(sparse.bmat([[None, edges], [edges.T, None]]), dtype=np.float32)
    whole.sort_indices()
    return whole


class Graph:
    """The normalised graph of `train` on the device, in CSR with int32: a third of COO's cost."""

    def __init__(self, train: sparse.csr_matrix, device: torch.device) -> None:
        whole = normalised(train)
        with warnings.catch_warnings():
            # torch calls all of its CSR code a beta; the products here are checked by a test
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
            matrix = torch.sparse_csr_tensor(
                torch.from_numpy(whole.indptr.astype(np.int32)),
                torch.from_numpy(whole.indices.astype(np.int32)),
                torch.from_numpy(whole.data),
                size=whole.shape,
                check_invariants=True,
            )
        self.matrix = matrix.to(device)

    def told(self, nodes: Tensor) -> Tensor:
        """What each node hears from its neighbours, float32 (n, f), differentiable in `nodes`."""
        with torch.autocast(nodes.device.type, enabled=False):  # sparse products know float32 alone
            out: Tensor = _Symmetric.apply(  # type: ignore[no-untyped-call]
                self.matrix, nodes.float()
            )
        return out


class _Symmetric(torch.autograd.Function):
    """A @ x for a symmetric A, whose gradient is A @ g: no transposed copy of the graph."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, nodes: Tensor) -> Tensor:
        ctx.matrix = matrix
        return matrix @ nodes

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor]:  # type: ignore[override]
        return None, ctx.matrix @ gradient.contiguous()
