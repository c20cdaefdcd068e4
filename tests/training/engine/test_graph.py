import numpy as np
import torch
from scipy import sparse

from tests.training.models.planted import planted
from training.engine.graph import Graph, normalised

CPU = torch.device("cpu")


def test_one_step_on_a_graph_of_two_users_and_two_items_by_hand() -> None:
    """K(2, 2): every node has two neighbours, so each edge weighs 1 / sqrt(2 * 2) = 1/2."""
    graph = Graph(sparse.csr_matrix(np.ones((2, 2), dtype=np.float32)), CPU)
    nodes = torch.tensor([[1.0], [3.0], [10.0], [30.0]])  # users 1, 3; items 10, 30
    assert graph.told(nodes).tolist() == [[20.0], [20.0], [2.0], [2.0]]


def test_one_step_with_uneven_degrees_by_hand() -> None:
    """User 0 took both items, user 1 the first: degrees 2, 1 and 2, 1."""
    graph = Graph(sparse.csr_matrix(np.array([[5.0, 9.0], [7.0, 0.0]])), CPU)
    told = graph.told(torch.tensor([[1.0], [3.0], [10.0], [30.0]]))
    root = np.sqrt(2)
    by_hand = [10 / 2 + 30 / root, 10 / root, 1 / 2 + 3 / root, 1 / root]
    np.testing.assert_allclose(told.ravel(), by_hand, rtol=1e-6)


def test_it_is_the_dense_product_and_nodes_without_edges_hear_nothing() -> None:
    train = planted().train.tolil()
    train[3], train[:, 5] = 0, 0
    train = train.tocsr()
    dense = np.zeros((sum(train.shape),) * 2)
    edges = train.toarray() > 0
    dense[: len(edges), len(edges) :] = edges
    dense[len(edges) :, : len(edges)] = edges.T
    degree = np.maximum(dense.sum(axis=1), 1)
    dense = dense / np.sqrt(degree[:, None] * degree)
    np.testing.assert_allclose(normalised(train).toarray(), dense, atol=1e-6)
    nodes = torch.randn(len(dense), 4, generator=torch.Generator().manual_seed(0))
    told = Graph(train, CPU).told(nodes)
    np.testing.assert_allclose(told.numpy(), dense @ nodes.numpy(), atol=1e-5)
    assert not told[3].any() and not told[len(edges) + 5].any()


def test_its_gradient_is_the_one_of_the_dense_product() -> None:
    graph = Graph(planted().train[:6, :9], CPU)
    nodes = torch.randn(15, 2, generator=torch.Generator().manual_seed(1), requires_grad=True)
    weights = torch.randn(15, 2, generator=torch.Generator().manual_seed(2))
    (graph.told(nodes) * weights).sum().backward()
    dense = torch.from_numpy(normalised(planted().train[:6, :9]).toarray())
    torch.testing.assert_close(nodes.grad, dense.T @ weights)


def test_it_stays_in_float32_under_half_precision() -> None:
    graph = Graph(planted().train, CPU)
    nodes = torch.randn(sum(planted().train.shape), 3)
    with torch.autocast("cpu", torch.bfloat16):
        told = graph.told(nodes)
    assert told.dtype == torch.float32
    assert torch.equal(told, graph.told(nodes))
