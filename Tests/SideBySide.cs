using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: CollectionBehavior("Cmud.Tests.SideBySide", "Cmud.Tests")]

namespace Cmud.Tests;

/// <summary>
/// Says which classes of tests run side by side, as many as there are processors: those of pure code, whose time is made up, and those that start servers and mostly wait,
/// but measure nothing. When they have ended, all others follow one after the other.
/// </summary>
/// <param name="assembly">These tests.</param>
/// <param name="diagnostics">Of the runner.</param>
public sealed class SideBySide(ITestAssembly assembly, IMessageSink diagnostics) : IXunitTestCollectionFactory
{
    private static readonly string[] Unhurried =
    [
        "Cmud.Tests.Unit.", "Cmud.Tests.Simulation.", "Cmud.Tests.Cluster.",
        "Cmud.Tests.Acceptance.OneServerFacts", "Cmud.Tests.Acceptance.OperatorFacts", "Cmud.Tests.Acceptance.SessionFacts", "Cmud.Tests.Acceptance.TieFacts",
        "Cmud.Tests.Faults.HistoryCheckerTests",
    ];

    private readonly CollectionPerClassTestCollectionFactory _perClass = new(assembly, diagnostics);

    /// <inheritdoc/>
    public string DisplayName => "side by side where nothing is measured";

    /// <summary>The collection that a class names, or one of its own.</summary>
    public ITestCollection Get(ITypeInfo testClass)
    {
        var named = _perClass.Get(testClass);
        var isUnhurried = Array.Exists(Unhurried, layer => testClass.Name.StartsWith(layer, StringComparison.Ordinal));
        return isUnhurried || named.CollectionDefinition is not null ? named : new TestCollection(assembly, Reflector.Wrap(typeof(Alone)), named.DisplayName);
    }
}

/// <summary>Of what measures time, or something of the whole process: runs when nothing else does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
