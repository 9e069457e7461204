using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Cmud.Benchmarks;
using Cmud.Benchmarks.Compare;
using Cmud.Benchmarks.Convergence;

// Those with a verb are no micro-benchmarks: they want a directory, or a server, and run for seconds.
if (args is [] or ["help" or "--help" or "-h"] or [_, "--help"]) Console.WriteLine(Usage.Text);
else if (args is ["journal", var directory]) await JournalRun.Run(directory);
else if (args is ["durability", var parent]) await DurabilityRun.Run(parent);
else if (args is ["load", ..]) return await LoadRun.Run(args[1..]);
else if (args is ["compare", ..]) return await CompareRun.Run(args[1..]);
else if (args is ["convergence", ..]) return await ConvergenceRun.Run(args[1..]);
else if (args is ["grains", ..]) return await GrainsRun.Run(args[1..]);
else if (args is ["memory", ..]) return await MemoryRun.Run(args[1..]);
else if (!args[0].StartsWith('-'))
{
    await Console.Error.WriteLineAsync($"'{args[0]}' is no verb, or lacks its directory; there are load, compare, convergence, grains, memory, durability DIR, journal DIR, and --filter for BenchmarkDotNet.");
    return 2;
}
// In this process: BenchmarkDotNet looks for a project by the name of the assembly, which ours do not have.
else BenchmarkSwitcher.FromAssembly(typeof(ReplicaBenchmarks).Assembly).Run(args, DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(new InProcessEmitToolchain(new()))));
return 0;
