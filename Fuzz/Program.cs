using Cmud.Fuzz;
using SharpFuzz;

// Is run by afl-fuzz, as docs/testing.md tells; without it, reads one input from stdin.
var target = args is [var named, ..] ? Target.Find(named) : null;
switch (args)
{
    case [_] when target is not null:
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            target.Try(bytes.ToArray());
        });
        return 0;
    case [_, var directory] when target is not null:
        Directory.CreateDirectory(directory);
        foreach (var (seed, number) in target.Seeds().Select(static (seed, number) => (seed, number))) File.WriteAllBytes(Path.Combine(directory, $"{number}"), seed);
        return 0;
    default:
        Console.Error.WriteLine($"Write {string.Join(", ", Target.All.Select(static one => one.Name))}, and after it a directory to be given the seeds of that target.");
        return 3;
}
