using BenchmarkDotNet.Running;
using Cmud.Benchmarks;
using Cmud.Benchmarks.Compare;
using Cmud.Benchmarks.Convergence;

// Those with a verb are no micro-benchmarks: they want a directory, or a server, and run for seconds.
if (args is ["journal", var directory]) await JournalRun.Run(directory);
else if (args is ["durability", var parent]) await DurabilityRun.Run(parent);
else if (args is ["load", ..]) return await LoadRun.Run(args[1..]);
else if (args is ["compare", ..]) return await CompareRun.Run(args[1..]);
else if (args is ["convergence", ..]) return await ConvergenceRun.Run(args[1..]);
else if (args.Length == 0) Console.WriteLine(Usage.Text);
else BenchmarkSwitcher.FromAssembly(typeof(ReplicaBenchmarks).Assembly).Run(args);
return 0;
