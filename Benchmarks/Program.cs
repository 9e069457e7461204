using BenchmarkDotNet.Running;
using Cmud.Benchmarks;

// The journal on disk is no micro-benchmark: it wants a directory, and runs for half a minute.
if (args is ["journal", var directory]) await JournalRun.Run(directory);
else BenchmarkSwitcher.FromAssembly(typeof(ReplicaBenchmarks).Assembly).Run(args);
