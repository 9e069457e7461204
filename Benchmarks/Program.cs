using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Cmud.Benchmarks;
using Cmud.Benchmarks.Compare;
using Cmud.Benchmarks.Convergence;

// Those with a verb are no micro-benchmarks: they want a directory, or a server, and run for seconds.
if (args is ["journal", var directory]) await JournalRun.Run(directory);
else if (args is ["durability", var parent]) await DurabilityRun.Run(parent);
else if (args is ["load", ..]) return await LoadRun.Run(args[1..]);
else if (args is ["compare", ..]) return await CompareRun.Run(args[1..]);
else if (args is ["convergence", ..]) return await ConvergenceRun.Run(args[1..]);
else if (args is ["grains", ..]) return await GrainsRun.Run(args[1..]);
else if (args is ["memory", ..]) return await MemoryRun.Run(args[1..]);
else if (args.Length == 0) Console.WriteLine(Usage.Text);
// In this process: BenchmarkDotNet looks for a project by the name of the assembly, which ours do not have.
else BenchmarkSwitcher.FromAssembly(typeof(ReplicaBenchmarks).Assembly).Run(args, DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(new InProcessEmitToolchain(new()))));
return 0;
