"""CisModule (Zhou & Wong 2004): motifs and the modules that they cluster in, by Gibbs sampling.

The model (method.md, 5). A sequence is written from left to right. Outside, each step starts a
module of `module_length` letters with probability r, or writes one background letter. Inside
a module, each step writes a background letter (probability q0) or a whole site of motif k
(q_k) from its matrix, on either strand with equal probability.

All sums are kept relative to the background: a sequence without any module has the sum 1,
log 0.
"""
