using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(Cmud.Benchmarks.ReplicaBenchmarks).Assembly).Run(args);
