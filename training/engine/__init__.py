"""The training loop of every torch model: a model brings a Task and a Plan, the engine the rest.

    with session(rng) as device:                     # device, threads, seed
        task = MyTask(split.train, params, device)   # task.py: module, batch, loss, scorer
        plan = Plan(learning_rate=0.005, batch=2048, epochs=None, most=100)
        trained = train(task, plan, split, identity=identity(SPEC["id"], params, split.train),
                        progress=progress, checkpoint=checkpoint)

task.py what a model brings     session.py device, threads, seed    loop.py the epochs
state.py checkpoints            judge.py validation NDCG@10         stop.py when to stop
diverged.py an end in words     ranks.py several processes as one   negatives.py drawn items
pairs.py, histories.py, graph.py the events as tensors              factors.py what is served
Nothing here loads torch until one of these files is imported.
"""
